import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Activity, Notice, TownProfile } from '../desk/api-types'
import { directionOf, languageOf } from '../desk/language'
import { isEnded, type Turn } from '../desk/turn'
import { conversation } from './chat-turn.styles'
import './desk-text'
import './emergency-notice'
import { icon, mark } from './icons'
import { LocalElement } from './local-element'
import './record-card'
import './reply-rating'
import './source-list'
import { basics } from './styles'

/** One message of the resident and all that the desk did about it. Dispatches `retry`. */
@customElement('chat-turn')
export class ChatTurn extends LocalElement {
  static override styles = [basics, conversation]

  @property({ attribute: false }) turn!: Turn
  @property({ attribute: false }) town: TownProfile | null = null
  @property({ type: Boolean }) isLast = false
  @state() private asked: string | null = null
  @state() private answered: string | null = null

  override render(): TemplateResult {
    const { turn, strings } = this
    return html`
      <article class="asked" aria-label=${strings.you}>
        <p lang=${this.asked ?? nothing} dir="auto">${turn.message}</p>
        ${turn.state === 'sending' ? html`<small>${strings.sending}</small>` : nothing}
      </article>
      ${turn.state === 'unsent' ? this.#failure() : this.#answer()}
    `
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('turn')) return
    const before = changed.get('turn')
    if (before?.message !== this.turn.message) {
      void this.#languageOf(this.turn.message).then((found) => (this.asked = found))
    }
    if (
      isEnded(this.turn) &&
      (before === undefined || !isEnded(before) || before.text !== this.turn.text)
    ) {
      void this.#languageOf(this.turn.text).then((found) => (this.answered = found))
    }
  }

  #answer(): TemplateResult {
    const { turn, strings, town } = this
    const language = this.answered
    return html`<article class="answer" aria-label=${strings.desk} aria-busy=${!isEnded(turn)}>
      <span class="who">${mark()}</span>
      <div class="said">
        ${turn.notices.map((notice) => this.#notice(notice))}
        ${turn.isRestarted && !isEnded(turn) ? this.#line(strings.restarted) : nothing}
        ${turn.activities.map((activity) => this.#activity(activity))}
        ${
          turn.text === ''
            ? nothing
            : html`<desk-text
                .text=${turn.text}
                lang=${language ?? nothing}
                dir=${language === null ? 'auto' : directionOf(language)}
              ></desk-text>`
        }
        ${turn.records.map(
          (filed) =>
            html`<record-card .filed=${filed} .town=${town} .strings=${strings}></record-card>`,
        )}
        ${
          turn.sources.length === 0
            ? nothing
            : html`<source-list .sources=${turn.sources} .strings=${strings}></source-list>`
        }
        ${this.#progress()} ${this.#rating()}
      </div>
    </article>`
  }

  #progress(): TemplateResult | typeof nothing {
    const { turn, strings } = this
    if (turn.state === 'failed') return this.#failure()
    if (turn.state === 'cancelled') return this.#line(strings.stopped, this.#retryButton())
    if (isEnded(turn)) return nothing
    if (turn.link === 'lost') {
      return html`<p class="line lost" role="status">
        <span class="dots"></span>${navigator.onLine ? strings.reconnecting : strings.offline}
      </p>`
    }
    if (turn.state === 'stopping') return this.#line(strings.stopping)
    const isWorking = turn.activities.some((activity) => activity.state === 'started')
    if (turn.text !== '' || isWorking) return nothing
    return html`<p class="line"><span class="dots"></span>${strings.thinking}</p>`
  }

  #rating(): TemplateResult | typeof nothing {
    const { turn, strings } = this
    if (turn.state !== 'completed' || turn.turnId === null) return nothing
    return html`<reply-rating .turn=${turn} .strings=${strings}></reply-rating>`
  }

  #failure(): TemplateResult {
    const { turn, strings } = this
    const isRefused =
      turn.problem !== null && turn.problem.status < 500 && turn.problem.status !== 429
    const reason =
      turn.state === 'failed' ? strings.failed : isRefused ? strings.notAllowed : strings.unsent
    return html`<div class="failure" role="alert">
      <p>${icon('alert')}<span>${reason} ${turn.problem?.detail ?? ''}</span></p>
      ${this.#retryButton()}
    </div>`
  }

  #retryButton(): TemplateResult | typeof nothing {
    if (!this.isLast) return nothing
    return html`<button class="plain" type="button" @click=${this.#retry}>
      ${icon('retry')}${this.strings.retry}
    </button>`
  }

  #notice({ level, text }: Notice): TemplateResult {
    if (level !== 'emergency') {
      return html`<p class="notice ${level}"><strong>${this.strings.note}:</strong> ${text}</p>`
    }
    return html`<emergency-notice
      role="alert"
      .text=${text}
      .number=${this.town?.emergency.number ?? ''}
      .strings=${this.strings}
    ></emergency-notice>`
  }

  #activity({ name, label, state: at, ok }: Activity): TemplateResult {
    const words = this.strings.activities[name] ?? label
    const isOver = at === 'finished' || isEnded(this.turn)
    return html`<p class="line ${isOver ? 'over' : ''}">
      ${isOver ? icon(ok ? 'check' : 'alert') : html`<span class="dots"></span>`}${words}
    </p>`
  }

  #line(text: string, more: unknown = nothing): TemplateResult {
    return html`<p class="line">${text}</p>
      ${more}`
  }

  #languageOf(text: string): Promise<string | null> {
    return languageOf(text, this.town?.languages ?? [])
  }

  #retry(): void {
    const detail = this.turn
    this.dispatchEvent(new CustomEvent('retry', { detail, bubbles: true, composed: true }))
  }
}
