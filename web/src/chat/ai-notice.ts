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
        display: flex;
        flex-wrap: wrap;
        gap: 0.6rem 1.5rem;
        align-items: center;
        padding: 0.9rem 1.25rem;
        border: 1px solid var(--accent-line);
        border-radius: var(--radius);
        background: var(--accent-soft);
      }

      .words {
        flex: 1 1 18rem;
      }

      h2 {
        font-size: 1rem;
      }

      p {
        font-size: 0.9375rem;
      }

      button {
        flex: none;
      }
    `,
  ]

  @property() phone = ''

  override render(): TemplateResult {
    const { strings } = this
    return html`<aside aria-labelledby="title">
      <div class="words">
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
      </div>
      <button class="plain" type="button" @click=${() => this.dispatchEvent(new Event('agree'))}>
        ${strings.aiAgree}
      </button>
    </aside>`
  }
}
