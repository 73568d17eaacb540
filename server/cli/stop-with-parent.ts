// Loaded into the server a replay starts. When the replay is killed, the server does not die with it in the middle of a
// call to a provider, which would leave outcomes unknown for a quarter of an hour: it stops as on SIGTERM, finishing first.

if (process.connected) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Listening must not keep a stopped server alive.
  process.channel?.unref()
}
