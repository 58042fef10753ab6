import { css, html, type TemplateResult } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** Asks before something is deleted. Dispatches `confirm` or `dismiss`. */
@customElement('confirm-dialog')
export class ConfirmDialog extends LocalElement {
  static override styles = [
    basics,
    css`
      dialog {
        max-inline-size: min(26rem, calc(100vw - 2rem));
        padding: 1.5rem;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--ink);
        box-shadow: var(--shadow);
      }

      dialog::backdrop {
        background: #0b1416aa;
      }

      h2 {
        font-family: var(--serif);
        font-size: 1.3rem;
      }

      .what {
        margin-block: 0.5rem;
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 0.75rem;
        justify-content: end;
        margin-block-start: 1.25rem;
      }

      .danger {
        background: var(--alarm);
        color: var(--on-alarm);
      }
    `,
  ]

  @property() what = ''

  override render(): TemplateResult {
    const { strings } = this
    return html`<dialog aria-labelledby="question" @close=${this.#closed}>
      <h2 id="question">${strings.deleteQuestion}</h2>
      <p class="what" dir="auto">${this.what}</p>
      <p>${strings.deleteExplained}</p>
      <form method="dialog" class="buttons">
        <button class="plain" value="dismiss" autofocus>${strings.cancel}</button>
        <button class="danger" value="confirm">${strings.delete}</button>
      </form>
    </dialog>`
  }

  override firstUpdated(): void {
    this.dialog.showModal()
  }

  @query('dialog') private readonly dialog!: HTMLDialogElement

  #closed(): void {
    const isConfirmed = this.dialog.returnValue === 'confirm'
    this.dispatchEvent(new Event(isConfirmed ? 'confirm' : 'dismiss'))
  }
}
