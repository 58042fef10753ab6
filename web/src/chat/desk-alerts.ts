import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Trouble } from '../desk/desk'
import './emergency-notice'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** What stays in sight above the conversation. Dispatches `dismiss`. */
@customElement('desk-alerts')
export class DeskAlerts extends LocalElement {
  static override styles = [
    basics,
    css`
      .trouble {
        display: flex;
        gap: 1rem;
        align-items: center;
        justify-content: space-between;
        padding: 0.4rem clamp(0.75rem, 2.5cqi, 1.5rem);
        border-block-end: 1px solid var(--warn-line);
        background: var(--warn);
      }
    `,
  ]

  /** The number to call while the conversation is about an emergency. */
  @property() emergencyNumber = ''
  @property({ attribute: false }) trouble: Trouble | null = null

  override render(): TemplateResult {
    const { strings } = this
    return html`${
      this.emergencyNumber === ''
        ? nothing
        : html`<emergency-notice
            compact
            .number=${this.emergencyNumber}
            .strings=${strings}
          ></emergency-notice>`
    }
    ${
      this.trouble === null
        ? nothing
        : html`<div class="trouble" role="alert">
            <p>${strings.troubles[this.trouble]}</p>
            <button
              class="round"
              type="button"
              aria-label=${strings.close}
              @click=${() => this.dispatchEvent(new Event('dismiss'))}
            >
              ${icon('close')}
            </button>
          </div>`
    }`
  }
}
