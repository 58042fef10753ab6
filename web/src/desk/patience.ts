const FIRST_MS = 400
const LONGEST_MS = 8_000

/** Waits between attempts: longer each time, and no longer once the network or the reader is back. */
export class Patience {
  reset(): void {
    this.#attempts = 0
  }

  async wait(signal: AbortSignal, atLeastMs = 0): Promise<void> {
    const longest = Math.min(FIRST_MS * 2 ** this.#attempts, LONGEST_MS)
    this.#attempts += 1
    // Half of it by chance, so that the browsers of a whole town do not come back at one moment.
    await pause(Math.max(atLeastMs, longest / 2 + (Math.random() * longest) / 2), signal)
  }

  #attempts = 0
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const wake = () => {
      if (document.visibilityState === 'visible') end()
    }
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      window.removeEventListener('online', end)
      document.removeEventListener('visibilitychange', wake)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
    window.addEventListener('online', end)
    document.addEventListener('visibilitychange', wake)
  })
}
