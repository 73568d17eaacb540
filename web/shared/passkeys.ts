// Whether this browser can use passkeys here: they are made for names of hosts, never for bare addresses.

export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && !/^[\d.]+$|^\[/.test(location.hostname)
}
