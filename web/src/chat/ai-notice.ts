import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** Says once that nobody sits at this desk. Dispatches `agree`. */
@customElement('ai-notice')
export class AiNotice extends LocalElement {
  static override styles = [
    basics,
    css`
      aside {
        display: grid;
        gap: 0.5rem 1.25rem;
        padding: 1rem 1.25rem;
        border: 1px solid var(--accent-line);
        border-radius: var(--radius);
        background: var(--accent-soft);
      }

      h2 {
        font-size: 1rem;
      }

      p {
        font-size: 0.9375rem;
      }

      button {
        justify-self: start;
        margin-block-start: 0.25rem;
      }
    `,
  ]

  @property() phone = ''

  override render(): TemplateResult {
    const { strings } = this
    return html`<aside aria-labelledby="title">
      <h2 id="title">${strings.aiTitle}</h2>
      <p>
        ${strings.aiText}
        ${
          this.phone === ''
            ? nothing
            : html`${strings.aiPerson}
                <a href="tel:${this.phone.replace(/[^+\d]/g, '')}">${this.phone}</a>.`
        }
      </p>
      <button class="plain" type="button" @click=${() => this.dispatchEvent(new Event('agree'))}>
        ${strings.aiAgree}
      </button>
    </aside>`
  }
}
