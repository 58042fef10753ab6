/**
 * What this browser keeps for one server. Where the browser keeps nothing (private windows, blocked
 * storage), everything still works until the page closes.
 */
export class Shelf {
  constructor(server: string) {
    this.#prefix = `town-hall:${server}:`
  }

  read(name: string): string | null {
    const key = this.#prefix + name
    try {
      return localStorage.getItem(key) ?? this.#memory.get(key) ?? null
    } catch {
      return this.#memory.get(key) ?? null
    }
  }

  write(name: string, value: string | null): void {
    const key = this.#prefix + name
    if (value === null) this.#memory.delete(key)
    else this.#memory.set(key, value)
    try {
      if (value === null) localStorage.removeItem(key)
      else localStorage.setItem(key, value)
    } catch {
      // Kept in memory above.
    }
  }

  readonly #prefix: string
  readonly #memory = new Map<string, string>()
}
