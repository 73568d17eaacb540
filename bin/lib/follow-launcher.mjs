// Loaded into every program the launcher starts: when the launcher is killed outright (SIGKILL cannot be passed on), the
// program ends the same way instead of living on unseen with the port. Everything we run is built to be killed.

if (process.connected) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // Listening must not keep a finished program alive.
  process.channel.unref()
}
