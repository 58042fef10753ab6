import { html, nothing, type TemplateResult } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import type { Rating } from '../desk/api-types'
import type { Turn } from '../desk/turn'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { thumbs } from './reply-rating.styles'
import { basics } from './styles'

const REASON_CHARACTERS = 1000

/** What the resident says of an answer. `rating` null takes it back. */
export interface Opinion {
  turn: Turn
  rating: Rating | null
  reason: string | null
}

/** Thumbs for an answer; after one of them, room for a reason. Dispatches `rate` with an Opinion. */
@customElement('reply-rating')
export class ReplyRating extends LocalElement {
  static override styles = [basics, thumbs]

  @property({ attribute: false }) turn!: Turn
  @state() private isAsking = false

  override render(): TemplateResult {
    const { strings } = this
    return html`<div class="thumbs" role="group" aria-label=${strings.rateAnswer}>
        ${this.#thumb('positive', 'thumbUp', strings.helpful)}
        ${this.#thumb('negative', 'thumbDown', strings.notHelpful)}
        <span role="status">${this.turn.rating === null ? '' : strings.ratingThanks}</span>
      </div>
      ${this.isAsking && this.turn.rating !== null ? this.#form() : nothing}`
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('isAsking') && this.isAsking) this.scrollIntoView({ block: 'nearest' })
  }

  #thumb(rating: Rating, picture: 'thumbUp' | 'thumbDown', label: string): TemplateResult {
    const isGiven = this.turn.rating === rating
    return html`<button
      class="quiet"
      type="button"
      aria-label=${label}
      title=${label}
      aria-pressed=${isGiven}
      @click=${() => {
        this.#rate(isGiven ? null : rating)
      }}
    >
      ${icon(picture)}
    </button>`
  }

  #form(): TemplateResult {
    const { strings } = this
    return html`<form @submit=${this.#explain}>
      <label for="reason">${strings.ratingReason}</label>
      <textarea
        id="reason"
        rows="2"
        maxlength=${REASON_CHARACTERS}
        .value=${this.turn.ratingReason ?? ''}
      ></textarea>
      <button class="plain" type="submit">${strings.tellReason}</button>
      <button class="quiet" type="button" @click=${this.#close}>${strings.close}</button>
    </form>`
  }

  #rate(rating: Rating | null): void {
    this.isAsking = rating !== null
    this.#tell(rating, null)
  }

  #explain(event: SubmitEvent): void {
    event.preventDefault()
    const reason = this.reason.value.trim()
    this.#close()
    if (reason !== '') this.#tell(this.turn.rating, reason)
  }

  #close(): void {
    this.isAsking = false
    this.given.focus()
  }

  #tell(rating: Rating | null, reason: string | null): void {
    const detail: Opinion = { turn: this.turn, rating, reason }
    this.dispatchEvent(new CustomEvent('rate', { detail, bubbles: true, composed: true }))
  }

  @query('textarea') private readonly reason!: HTMLTextAreaElement
  @query('[aria-pressed="true"]') private readonly given!: HTMLElement
}
