import { css, html, type TemplateResult } from 'lit'
import { customElement, query } from 'lit/decorators.js'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** The list of conversations where there is no room beside the open one. Dispatches `close`. */
@customElement('session-drawer')
export class SessionDrawer extends LocalElement {
  static override styles = [
    basics,
    css`
      dialog {
        inline-size: min(21rem, 100vw - 3rem);
        block-size: 100%;
        max-block-size: 100%;
        margin: 0;
        padding: 0.75rem 1.25rem 1.25rem;
        border: 0;
        background: var(--surface);
        color: var(--ink);
        box-shadow: var(--shadow);
      }

      dialog[open] {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        gap: 0.25rem;
      }

      dialog::backdrop {
        background: #0b1416aa;
      }

      .close {
        justify-self: end;
        margin-inline-end: -0.75rem;
      }

      .content {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto;
        gap: 1.25rem;
        min-block-size: 0;
      }
    `,
  ]

  override render(): TemplateResult {
    return html`<dialog
      aria-label=${this.strings.conversations}
      @close=${() => this.dispatchEvent(new Event('close'))}
      @click=${this.#clickedBeside}
    >
      <button
        class="close round"
        type="button"
        aria-label=${this.strings.close}
        @click=${() => {
          this.dialog.close()
        }}
      >
        ${icon('close')}
      </button>
      <div class="content"><slot></slot></div>
    </dialog>`
  }

  override firstUpdated(): void {
    this.dialog.showModal()
  }

  @query('dialog') private readonly dialog!: HTMLDialogElement

  // A click on the backdrop is one on the dialog itself, outside of its box.
  #clickedBeside(event: MouseEvent): void {
    const box = this.dialog.getBoundingClientRect()
    if (event.target === this.dialog && event.clientX > box.right) this.dialog.close()
  }
}
