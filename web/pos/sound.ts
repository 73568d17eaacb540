// Two sounds that tell apart without looking whether a scan was taken. Made here, so that nothing is loaded.

let context: AudioContext | undefined
let isOn = true

/** Sounds off or on, as the device is set. */
export function setSound(on: boolean): void {
  isOn = on
}

function tone(hertz: number, startMs: number, lengthMs: number): void {
  if (!isOn || typeof AudioContext === 'undefined') return
  // Browsers give no sound before somebody has touched the page; by the first scan somebody has typed a PIN.
  context ??= new AudioContext()
  const oscillator = context.createOscillator()
  const gain = context.createGain()
  const start = context.currentTime + startMs / 1000
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0.12, start)
  gain.gain.exponentialRampToValueAtTime(0.001, start + lengthMs / 1000)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + lengthMs / 1000)
}

export const soundOk = () => tone(1320, 0, 70)
export function soundBad(): void {
  tone(220, 0, 160)
  tone(180, 180, 220)
}
export function soundDone(): void {
  tone(880, 0, 90)
  tone(1320, 100, 140)
}
