import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import type { Conversation } from '../desk/conversation'
import { Desk } from '../desk/desk'
import type { Turn } from '../desk/turn'
import { offeredLanguages, pickLanguage, stringsOf } from '../strings/strings'
import './ai-notice'
import './contact-list'
import './desk-alerts'
import { LocalElement } from './local-element'
import { markdownText } from './markdown'
import './message-composer'
import type { MessageComposer } from './message-composer'
import './message-log'
import type { MessageLog } from './message-log'
import type { Opinion } from './reply-rating'
import './session-drawer'
import './session-list'
import { basics, tokens } from './styles'
import { layout } from './town-hall-chat.styles'
import './town-header'
import './welcome-panel'

/**
 * The town hall's front desk, whole. `server` is the address of the desk, by default
 * the one that this file came from; `session` is a session to open first. It fills the box that the page gives it.
 */
@customElement('town-hall-chat')
export class TownHallChat extends LocalElement {
  static override styles = [tokens, basics, layout]

  @property() server = new URL(import.meta.url).origin
  @property() session = ''
  @state() private language = 'en'
  @state() private announcement = ''
  @state() private isListOpen = false

  override connectedCallback(): void {
    super.connectedCallback()
    this.#desk = new Desk(this.server.replace(/\/$/, ''))
    this.#desk.addEventListener('change', this.#refresh)
    this.#desk.addEventListener('ended', this.#announce)
    void this.#desk.open(this.session === '' ? null : this.session)
    this.#refresh()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#desk.close()
  }

  override render(): TemplateResult {
    const { strings } = this
    const { town, conversation } = this.#desk
    const number = town?.emergency.number ?? ''
    return html`
      <button class="skip" type="button" @click=${this.#skip}>${strings.skipToMessage}</button>
      <town-header
        .name=${town?.name ?? ''}
        .languages=${town?.languages ?? []}
        .language=${this.language}
        .strings=${strings}
        @menu=${() => {
          this.isListOpen = true
        }}
        @language=${this.#chooseLanguage}
      ></town-header>
      <nav aria-label=${strings.conversations}>${this.#side()}</nav>
      <main>
        <desk-alerts
          .emergencyNumber=${isUrgent(conversation.turns) ? number : ''}
          .trouble=${this.#desk.trouble}
          .strings=${strings}
          @dismiss=${() => {
            this.#desk.dismissTrouble()
          }}
        ></desk-alerts>
        <message-log
          .turns=${conversation.turns}
          .isLoading=${conversation.isLoading}
          .town=${town}
          .strings=${strings}
          @retry=${this.#retry}
          @correct=${this.#suggest}
          @rate=${this.#rate}
          >${this.#opening()}</message-log
        >
        <div class="foot">
          <message-composer
            .isBusy=${conversation.current !== undefined}
            .strings=${strings}
            @say=${this.#say}
            @draft=${this.#keepDraft}
            @stop=${() => conversation.stop()}
          ></message-composer>
          <p>${strings.aiLine} <a href="tel:${number.replace(/[^+\d]/g, '')}">${number}</a></p>
        </div>
      </main>
      <div class="visually-hidden" role="log" aria-live="polite" aria-label=${strings.desk}>
        ${this.announcement}
      </div>
      ${
        this.isListOpen
          ? html`<session-drawer .strings=${strings} @close=${this.#closeList}>
              ${this.#side()}
            </session-drawer>`
          : nothing
      }
    `
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    if (this.#shown === this.#desk.conversation) return
    this.#shown = this.#desk.conversation
    this.composer.text = this.#desk.shelf.read(this.#draftName()) ?? ''
    this.log.toEnd()
  }

  @query('message-composer') private readonly composer!: MessageComposer
  @query('message-log') private readonly log!: MessageLog

  #side(): TemplateResult {
    const { town, sessions, conversation, hasMoreSessions } = this.#desk
    const { strings } = this
    return html`<session-list
        .sessions=${sessions}
        .current=${conversation.sessionId}
        .hasMore=${hasMoreSessions}
        .strings=${strings}
        @new=${this.#startAnew}
        @more=${() => this.#desk.loadSessions(true)}
        @choose=${this.#choose}
        @remove=${(event: CustomEvent<string>) => this.#desk.deleteSession(event.detail)}
      ></session-list>
      ${
        town === null
          ? nothing
          : html`<contact-list .contact=${town.contact} .strings=${strings}></contact-list>`
      }`
  }

  #opening(): TemplateResult | typeof nothing {
    const { town, conversation, shelf } = this.#desk
    if (town === null) return nothing
    const { strings } = this
    const notice =
      shelf.read('ai-notice') === null
        ? html`<ai-notice
            .phone=${town.contact.phone}
            .strings=${strings}
            @agree=${this.#agree}
          ></ai-notice>`
        : nothing
    if (conversation.turns.length > 0 || conversation.isLoading) return notice
    return html`<welcome-panel .town=${town} .strings=${strings} @suggest=${this.#suggest}
      >${notice}</welcome-panel
    >`
  }

  readonly #refresh = (): void => {
    const { town, shelf } = this.#desk
    const offered = offeredLanguages(town?.languages ?? [])
    this.language = pickLanguage(offered, shelf.read('language'), navigator.languages)
    this.strings = stringsOf(this.language)
    this.lang = this.language
    if (town !== null) {
      this.style.setProperty('--configured-accent', town.theme.accent)
      this.style.setProperty('--configured-accent-dark', town.theme.accent_dark)
    }
    this.requestUpdate()
  }

  // Whole messages, not their pieces: nobody wants to hear a reply syllable by syllable.
  readonly #announce = (event: Event): void => {
    const turn = (event as CustomEvent<Turn>).detail
    const { strings } = this
    const records = turn.records.map(({ reference }) => `${strings.reference}: ${reference}`)
    const end = turn.state === 'failed' ? strings.failed : ''
    this.announcement = [markdownText(turn.text), ...records, end].join(' ')
  }

  #say(event: CustomEvent<string>): void {
    this.#desk.shelf.write('draft:new', null)
    this.#desk.conversation.say(event.detail)
    this.log.toEnd()
  }

  #retry({ detail }: CustomEvent<Turn>): void {
    this.#desk.conversation.retry(detail)
  }

  #rate({ detail }: CustomEvent<Opinion>): void {
    void this.#desk.conversation.rate(detail.turn, detail.rating, detail.reason)
  }

  #suggest(event: CustomEvent<string>): void {
    void this.composer.begin(event.detail)
  }

  #keepDraft(event: CustomEvent<string>): void {
    this.#desk.shelf.write(this.#draftName(), event.detail === '' ? null : event.detail)
  }

  #draftName(): string {
    return `draft:${this.#desk.conversation.sessionId ?? 'new'}`
  }

  #choose(event: CustomEvent<string>): void {
    this.#desk.switchTo(event.detail)
    this.#closeList()
  }

  #startAnew(): void {
    this.#desk.startAnew()
    this.#closeList()
    this.composer.focus()
  }

  #chooseLanguage(event: CustomEvent<string>): void {
    this.#desk.shelf.write('language', event.detail)
    this.#refresh()
  }

  #agree(): void {
    this.#desk.shelf.write('ai-notice', 'seen')
    this.requestUpdate()
    this.composer.focus()
  }

  #skip(): void {
    this.composer.focus()
  }

  #closeList(): void {
    this.isListOpen = false
  }

  #desk!: Desk
  #shown: Conversation | null = null
}

function isUrgent(turns: readonly Turn[]): boolean {
  return turns.some(({ notices }) => notices.some(({ level }) => level === 'emergency'))
}
