import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

const LIMIT_CHARACTERS = 8000 // the server's

/** Where the resident writes. Dispatches `say` and `draft` with the text, and `stop`. */
@customElement('message-composer')
export class MessageComposer extends LocalElement {
  static override shadowRootOptions = { mode: 'open' as const, delegatesFocus: true }

  static override styles = [
    basics,
    css`
      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.5rem;
        align-items: end;
        padding: 0.4rem;
        border: 1px solid var(--line-strong);
        border-radius: calc(var(--radius) + 6px);
        background: var(--surface);
        box-shadow: var(--shadow);
      }

      form:focus-within {
        border-color: var(--accent);
        outline: 2px solid var(--accent);
      }

      textarea {
        display: block;
        inline-size: 100%;
        max-block-size: min(14rem, 30vh);
        min-block-size: 2.75rem;
        padding: 0.55rem 0.75rem;
        border: 0;
        outline: 0;
        background: none;
        color: inherit;
        font: inherit;
        line-height: 1.5;
        resize: none;
        overflow-y: auto;
      }

      textarea:focus-visible {
        outline: 0;
      }

      textarea::placeholder {
        color: var(--ink-soft);
        opacity: 1;
      }

      .over {
        grid-column: 1 / -1;
        padding-inline: 0.75rem;
        color: light-dark(#a81c17, #ff9d92);
      }

      .stop::before {
        content: '';
        inline-size: 0.9rem;
        block-size: 0.9rem;
        border-radius: 3px;
        background: currentColor;
      }
    `,
  ]

  @property() text = ''
  @property({ type: Boolean }) isBusy = false

  override render(): TemplateResult {
    const { strings } = this
    const over = this.text.length - LIMIT_CHARACTERS
    return html`<form @submit=${this.#submit}>
      <label class="visually-hidden" for="message">${strings.messageLabel}</label>
      <textarea
        id="message"
        rows="1"
        dir="auto"
        enterkeyhint="send"
        aria-describedby="hint"
        placeholder=${strings.messagePlaceholder}
        .value=${this.text}
        @input=${this.#type}
        @keydown=${this.#key}
      ></textarea>
      ${
        this.isBusy
          ? html`<button
              class="primary round stop"
              type="button"
              aria-label=${strings.stop}
              @click=${() => this.dispatchEvent(new Event('stop'))}
            ></button>`
          : html`<button
              class="primary round"
              type="submit"
              aria-label=${strings.send}
              ?disabled=${this.text.trim() === '' || over > 0}
            >
              ${icon('send')}
            </button>`
      }
      ${over > 0 ? html`<p class="over" role="status">${strings.tooLong(over)}</p>` : nothing}
      <span id="hint" class="visually-hidden">${strings.enterHint}</span>
    </form>`
  }

  /** Put `text` into the box and the cursor behind it. */
  async begin(text: string): Promise<void> {
    this.#set(text)
    await this.updateComplete
    this.box.focus()
    this.box.setSelectionRange(text.length, text.length)
  }

  protected override updated(): void {
    this.box.style.blockSize = 'auto'
    this.box.style.blockSize = `${this.box.scrollHeight}px`
  }

  @query('textarea') private readonly box!: HTMLTextAreaElement

  #type(): void {
    this.#set(this.box.value)
  }

  #set(text: string): void {
    this.text = text
    this.dispatchEvent(new CustomEvent('draft', { detail: text }))
  }

  #key(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word; 229 is how Safari tells its last one.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else tells it
    const isComposing = event.isComposing || event.keyCode === 229
    if (event.key === 'Enter' && !event.shiftKey && !isComposing) this.#submit(event)
  }

  #submit(event: Event): void {
    event.preventDefault()
    const text = this.text.trim()
    if (this.isBusy || text === '' || text.length > LIMIT_CHARACTERS) return
    this.#set('')
    this.dispatchEvent(new CustomEvent('say', { detail: text }))
    this.box.focus()
  }
}
