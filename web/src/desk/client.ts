import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './api'
import type {
  Problem,
  Rating,
  SessionCreated,
  SessionDetails,
  SessionList,
  TownProfile,
  Transcript,
} from './api-types'
import type { Shelf } from './shelf'

const PAGE = 200

/** The server refused; `problem` says why. */
export class DeskError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.problem.status >= 500 || this.problem.status === 429
  }

  /** Whether the server does not know this browser any more. */
  get isStranger(): boolean {
    return this.problem.status === 401
  }
}

/** The stream of a turn, and which turn it is. */
export interface OpenTurn {
  turnId: string
  stream: ReadableStream<Uint8Array>
}

interface Answer<T> {
  data?: T | null
  error?: unknown
  response: Response
}

/** The server's interface, for the user whose token this browser keeps. */
export class DeskClient {
  constructor(
    readonly server: string,
    shelf: Shelf,
  ) {
    this.#shelf = shelf
    this.#http = createClient<paths>({ baseUrl: server, fetch: (request) => fetch(request) })
    this.#http.use({
      onRequest: ({ request }) => {
        const token = shelf.read('token')
        if (token !== null) request.headers.set('Authorization', `Bearer ${token}`)
      },
    })
  }

  /** Whether this browser is already somebody's. */
  get isKnown(): boolean {
    return this.#shelf.read('token') !== null
  }

  /** Forget who this browser was; the next session makes it a new user's. */
  forget(): void {
    this.#shelf.write('token', null)
    this.#shelf.write('user_id', null)
  }

  async town(): Promise<TownProfile> {
    return answered(await this.#http.GET('/town'))
  }

  /** Open a session. The first one makes this browser a user; each renews the user's token. */
  async createSession(): Promise<SessionCreated> {
    const session = await exclusively(async () =>
      answered<SessionCreated>(await this.#http.POST('/sessions/create', { body: {} })),
    )
    this.#shelf.write('token', session.token)
    this.#shelf.write('user_id', session.user_id)
    return session
  }

  async sessions(after: string | null): Promise<SessionList> {
    return answered(await this.#http.GET('/sessions', { params: { query: { after } } }))
  }

  async session(sessionId: string): Promise<SessionDetails> {
    const path = { session_id: sessionId }
    return answered(await this.#http.GET('/sessions/{session_id}', { params: { path } }))
  }

  /** The transcript, oldest message first, from the cursor `after` on. */
  async messages(sessionId: string, after: string | null): Promise<Transcript> {
    const params = { path: { session_id: sessionId }, query: { limit: PAGE, after } }
    return answered(await this.#http.GET('/sessions/{session_id}/messages', { params }))
  }

  async deleteSession(sessionId: string): Promise<void> {
    const path = { session_id: sessionId }
    answered(await this.#http.DELETE('/sessions/{session_id}', { params: { path } }))
  }

  /** Say `message`. The same `key` again gives the same turn, so that it is safe to repeat. */
  async beginTurn(
    sessionId: string,
    message: string,
    key: string,
    signal: AbortSignal,
  ): Promise<OpenTurn> {
    const answer = await this.#http.POST('/sessions/{session_id}/turns', {
      params: { path: { session_id: sessionId }, header: { 'Idempotency-Key': key } },
      body: { message } as never, // metadata has a default, which the generator takes for required
      parseAs: 'stream',
      signal,
    })
    const stream = answered(answer)
    return { stream, turnId: answer.response.headers.get('X-Turn-Id') ?? '' }
  }

  /** The events of a turn after the event `lastEventId`, or from its beginning. */
  async followTurn(
    sessionId: string,
    turnId: string,
    lastEventId: string | null,
    signal: AbortSignal,
  ): Promise<OpenTurn> {
    const header = lastEventId === null ? {} : { 'Last-Event-ID': lastEventId }
    const answer = await this.#http.GET('/sessions/{session_id}/turns/{turn_id}/events', {
      params: { path: { session_id: sessionId, turn_id: turnId }, header },
      parseAs: 'stream',
      signal,
    })
    return { turnId, stream: answered(answer) }
  }

  async cancelTurn(sessionId: string, turnId: string): Promise<void> {
    const path = { session_id: sessionId, turn_id: turnId }
    answered(
      await this.#http.POST('/sessions/{session_id}/turns/{turn_id}/cancel', { params: { path } }),
    )
  }

  /** Say what the resident thinks of an answer; null takes it back. */
  async rateTurn(
    sessionId: string,
    turnId: string,
    rating: Rating | null,
    reason: string | null,
  ): Promise<void> {
    const path = { session_id: sessionId, turn_id: turnId }
    answered(
      await this.#http.POST('/sessions/{session_id}/turns/{turn_id}/rating', {
        params: { path },
        body: { rating, reason },
      }),
    )
  }

  readonly #http: Client<paths>
  readonly #shelf: Shelf
}

function answered<T>(answer: Answer<T>): T {
  if (answer.response.ok) return answer.data as T
  throw new DeskError(isProblem(answer.error) ? answer.error : unnamed(answer.response.status))
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body
}

// What a proxy in between says is no problem object.
function unnamed(status: number): Problem {
  return {
    type: 'about:blank',
    title: `HTTP ${status}`,
    status,
    code: 'unreachable',
    detail: '',
    instance: '',
    retryable: status >= 500,
    retry_after: null,
    errors: [],
  }
}

// Two tabs that open together must become one user. Locks exist in secure contexts only.
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return work()
  return navigator.locks.request('town-hall-identity', work)
}
