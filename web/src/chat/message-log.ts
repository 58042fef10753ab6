import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import type { TownProfile } from '../desk/api-types'
import type { Turn } from '../desk/turn'
import './chat-turn'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

// How far from its end the log still counts as read to the end.
const NEAR_PX = 80
// What stays free above a message that begins at the top.
const MARGIN_PX = 16

/** The conversation. It stays at its end while the reader does. */
@customElement('message-log')
export class MessageLog extends LocalElement {
  static override styles = [
    basics,
    css`
      :host {
        position: relative;
        display: grid;
        min-block-size: 0;
      }

      section {
        min-block-size: 0;
        padding: 1.75rem clamp(1rem, 4cqi, 2.5rem) 1.5rem;
        overflow-y: auto;
        overscroll-behavior: contain;
      }

      section:focus-visible {
        outline-offset: -4px;
      }

      .inner {
        display: grid;
        gap: 1.75rem;
        max-inline-size: 46rem;
        margin-inline: auto;
      }

      .latest {
        position: absolute;
        inset-block-end: 0.75rem;
        inset-inline-end: clamp(0.75rem, 3cqi, 1.5rem);
        box-shadow: var(--shadow);
      }

      .loading {
        color: var(--ink-soft);
      }
    `,
  ]

  @property({ attribute: false }) turns: readonly Turn[] = []
  @property({ attribute: false }) town: TownProfile | null = null
  @property({ type: Boolean }) isLoading = false
  @state() private isAtEnd = true

  override render(): TemplateResult {
    const { strings, town, turns } = this
    const last = turns.at(-1)?.key
    return html`<section tabindex="0" aria-label=${strings.conversation} @scroll=${this.#scrolled}>
        <div class="inner">
          <slot></slot>
          ${this.isLoading ? html`<p class="loading">${strings.loading}</p>` : nothing}
          ${repeat(
            turns,
            ({ key }) => key,
            (turn) =>
              html`<chat-turn
                .turn=${turn}
                .town=${town}
                .strings=${strings}
                .isLast=${turn.key === last}
              ></chat-turn>`,
          )}
        </div>
      </section>
      ${
        this.isAtEnd || turns.length === 0
          ? nothing
          : html`<button
              class="plain round latest"
              type="button"
              aria-label=${strings.jumpToLatest}
              @click=${this.#down}
            >
              ${icon('down')}
            </button>`
      }`
  }

  /** Show the newest message: its end, or where it begins if it is longer than the log. */
  readonly toEnd = (): void => {
    this.#isFollowing = true
    if (this.hasUpdated) this.#place()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Cards and text grow after this element was rendered.
    void this.updateComplete.then(() => {
      this.#growth.observe(this.inner)
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#growth.disconnect()
  }

  @query('section') private readonly scroller!: HTMLElement
  @query('.inner') private readonly inner!: HTMLElement

  readonly #down = (): void => {
    this.scroller.scrollTop = this.scroller.scrollHeight
  }

  #isFollowing = true
  #placedAt = 0

  readonly #growth = new ResizeObserver(() => {
    if (this.#isFollowing) this.#place()
    this.#look()
  })

  #place(): void {
    const { scroller } = this
    const last = this.inner.querySelector('chat-turn:last-of-type')
    const above = last === null ? 0 : last.getBoundingClientRect().top
    const start = above - scroller.getBoundingClientRect().top + scroller.scrollTop - MARGIN_PX
    scroller.scrollTop = last === null ? 0 : start
    this.#placedAt = scroller.scrollTop
  }

  #scrolled(): void {
    // The log also scrolls by growing; only who scrolls it themselves wants to stay where they are.
    const isOwn = Math.abs(this.scroller.scrollTop - this.#placedAt) < 2
    this.#look()
    if (!isOwn) this.#isFollowing = this.isAtEnd
  }

  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX
  }
}
