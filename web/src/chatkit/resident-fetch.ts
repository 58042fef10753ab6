import type { DeskClient } from '../desk/client'
import type { Shelf } from '../desk/shelf'

/**
 * Fetches as the resident that this browser is, the same as in our own chat. A browser that is
 * nobody yet, or no more, becomes somebody first.
 */
export function residentFetch(client: DeskClient, shelf: Shelf): typeof fetch {
  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    if (!client.isKnown) await client.createSession()
    const headers = new Headers(init?.headers)
    headers.set('Authorization', `Bearer ${shelf.read('token') ?? ''}`)
    return fetch(input, { ...init, headers })
  }
  return async (input, init) => {
    const response = await send(input, init)
    if (response.status !== 401) return response
    client.forget()
    return send(input, init)
  }
}
