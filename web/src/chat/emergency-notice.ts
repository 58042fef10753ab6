import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** The one thing that must not be overlooked: whom to call when it cannot wait. */
@customElement('emergency-notice')
export class EmergencyNotice extends LocalElement {
  static override styles = [
    basics,
    css`
      :host {
        display: block;
        border-radius: var(--radius);
        background: var(--alarm);
        color: var(--on-alarm);
      }

      div {
        display: grid;
        gap: 0.75rem;
        padding: 1.1rem 1.25rem;
      }

      .title {
        display: flex;
        gap: 0.5rem;
        align-items: center;
        font-size: 1rem;
        font-weight: 700;
        letter-spacing: 0.02em;
      }

      p {
        overflow-wrap: anywhere;
      }

      a {
        display: inline-flex;
        gap: 0.6rem;
        align-items: center;
        justify-self: start;
        padding: 0.6rem 1.1rem;
        border-radius: calc(var(--radius) - 4px);
        background: #ffffff;
        color: #8c1410;
        font-size: 1.25rem;
        font-weight: 700;
        text-decoration: none;
      }

      a:focus-visible {
        outline-color: #ffffff;
      }

      :host([compact]) {
        border-radius: 0;
      }

      :host([compact]) div {
        grid-template-columns: 1fr auto;
        align-items: center;
        padding: 0.4rem 1rem;
      }

      :host([compact]) a {
        padding: 0.35rem 0.8rem;
        font-size: 1rem;
      }
    `,
  ]

  @property() number = ''
  @property() text = ''
  @property({ type: Boolean, reflect: true }) compact = false

  override render(): TemplateResult {
    const heading = this.compact ? this.strings.emergencyBar : this.strings.emergency
    return html`<div>
      <p class="title">${icon('alert')}${heading}</p>
      ${this.text === '' ? nothing : html`<p dir="auto">${this.text}</p>`}
      <a href="tel:${this.number.replace(/[^+\d]/g, '')}"
        >${icon('phone')}${this.strings.callNow(this.number)}</a
      >
    </div>`
  }
}
