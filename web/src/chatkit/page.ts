import type { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit'
import type { TownProfile } from '../desk/api-types'
import { DeskClient } from '../desk/client'
import { lastSession, rememberSession } from '../desk/last-session'
import { Shelf } from '../desk/shelf'
import { offeredLanguages, pickLanguage, stringsOf } from '../strings/strings'
import { residentFetch } from './resident-fetch'

// The script comes from OpenAI; a resident must not wait longer for somebody else's server.
const SCRIPT_MS = 4_000
// Then the widget opens a frame from there, which may have to be allowed for the domain.
const FRAME_MS = 8_000
const ELEMENT = 'openai-chatkit'

/** Show ChatKit on our sessions; our own chat, with the same session, where ChatKit cannot load. */
export async function openChatKit(server: string, sessionId: string | null): Promise<void> {
  const shelf = new Shelf(server)
  const client = new DeskClient(server, shelf)
  showWaiting(stringsOf(shelf.read('language') ?? 'en').loading)
  const session = sessionId ?? (client.isKnown ? lastSession(shelf) : null)
  try {
    const [town] = await Promise.all([client.town(), inTime(scriptLoaded(), SCRIPT_MS)])
    const chat = document.createElement(ELEMENT) as OpenAIChatKit
    const isReady = new Promise((resolve) => {
      chat.addEventListener('chatkit.ready', resolve, { once: true })
    })
    chat.addEventListener('chatkit.thread.change', ({ detail }) => {
      rememberSession(shelf, detail.threadId)
    })
    chat.setOptions(options(server, client, shelf, town, session))
    frame(town, chat)
    await inTime(isReady, FRAME_MS)
  } catch (error) {
    console.warn('ChatKit cannot be used here', error)
    await openOwnChat(server, session)
  }
}

function showWaiting(words: string): void {
  const main = document.createElement('main')
  const line = document.createElement('p')
  line.className = 'waiting'
  line.setAttribute('role', 'status')
  line.textContent = words
  main.append(line)
  document.body.replaceChildren(main)
}

async function openOwnChat(server: string, session: string | null): Promise<void> {
  const { TownHallChat } = await import('../chat/town-hall-chat')
  const chat = new TownHallChat()
  chat.server = server
  chat.session = session ?? ''
  document.body.replaceChildren(chat)
}

function frame(town: TownProfile, chat: OpenAIChatKit): void {
  const main = document.createElement('main')
  main.className = 'chatkit'
  const title = document.createElement('h1')
  title.textContent = town.name
  main.append(title, chat)
  document.body.replaceChildren(main)
  document.title = town.name
}

function options(
  server: string,
  client: DeskClient,
  shelf: Shelf,
  town: TownProfile,
  initialThread: string | null,
): ChatKitOptions {
  const offered = offeredLanguages(town.languages)
  const language = pickLanguage(offered, shelf.read('language'), navigator.languages)
  const strings = stringsOf(language)
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  const primary = isDark ? town.theme.accent_dark : town.theme.accent
  return {
    api: {
      url: `${server}/chatkit`,
      domainKey: town.chatkit_domain_key,
      fetch: residentFetch(client, shelf),
    },
    initialThread,
    frameTitle: strings.conversation,
    theme: {
      colorScheme: isDark ? 'dark' : 'light',
      radius: 'soft',
      color: { accent: { primary, level: 2 } },
    },
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: {
      greeting: town.greeting,
      prompts: town.suggested_questions.map((question) => ({ label: question, prompt: question })),
    },
    composer: { placeholder: strings.messagePlaceholder },
    threadItemActions: { feedback: true, retry: true },
    disclaimer: { text: `${strings.aiLine} ${town.emergency.number}`, highContrast: true },
  }
}

function scriptLoaded(): Promise<unknown> {
  const script = document.getElementById('chatkit-script')
  const failed = new Promise((_, reject) => {
    script?.addEventListener('error', () => {
      reject(new Error('its script did not load'))
    })
  })
  return Promise.race([customElements.whenDefined(ELEMENT), failed])
}

function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error(`not there after ${milliseconds} ms`))
    }, milliseconds)
  })
  return Promise.race([work, late])
}
