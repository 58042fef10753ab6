import { css, html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { offeredLanguages, stringsOf } from '../strings/strings'
import { icon, mark } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** The town's name, the way to the list and the language. Dispatches `menu` and `language`. */
@customElement('town-header')
export class TownHeader extends LocalElement {
  static override styles = [
    basics,
    css`
      header {
        display: flex;
        gap: 0.5rem;
        align-items: center;
        padding: 0.6rem clamp(0.75rem, 2.5cqi, 1.5rem);
        border-block-end: 1px solid var(--line);
        background: var(--surface);
      }

      .brand {
        display: flex;
        flex: 1;
        gap: 0.7rem;
        align-items: center;
        min-inline-size: 0;
      }

      .mark {
        flex: none;
        inline-size: 2.4rem;
        block-size: 2.4rem;
        color: var(--accent);
      }

      h1 {
        display: grid;
        font-weight: 400;
        line-height: 1.2;
      }

      .name {
        font-family: var(--serif);
        font-size: 1.3rem;
        font-weight: 650;
        overflow-wrap: anywhere;
      }

      .kind {
        color: var(--ink-soft);
        font-size: 0.875rem;
      }

      label {
        display: flex;
        gap: 0.4rem;
        align-items: center;
        color: var(--ink-soft);
      }

      select {
        min-block-size: 2.75rem;
        padding-inline: 0.5rem;
        border: 1px solid var(--line-strong);
        border-radius: calc(var(--radius) - 4px);
        background: var(--surface);
        color: var(--ink);
        font: inherit;
        font-size: 0.9375rem;
      }

      @container chat (min-width: 60rem) {
        .menu {
          display: none;
        }
      }

      @container chat (max-width: 26rem) {
        label .icon {
          display: none;
        }

        .mark {
          inline-size: 2rem;
          block-size: 2rem;
        }
      }

      @container chat (max-width: 22rem) {
        .mark {
          display: none;
        }

        .name {
          font-size: 1.2rem;
        }
      }
    `,
  ]

  @property() name = ''
  @property({ attribute: false }) languages: readonly string[] = []
  @property() language = 'en'

  override render(): TemplateResult {
    const { strings } = this
    return html`<header>
      <button
        class="menu round quiet"
        type="button"
        aria-label=${strings.showConversations}
        @click=${() => this.dispatchEvent(new Event('menu'))}
      >
        ${icon('menu')}
      </button>
      <div class="brand">
        ${mark()}
        <h1>
          <span class="name">${this.name}</span>
          <span class="kind">${strings.townHall}</span>
        </h1>
      </div>
      <label>
        ${icon('globe')}<span class="visually-hidden">${strings.language}</span>
        <select @change=${this.#choose}>
          ${offeredLanguages(this.languages).map(
            (code) =>
              html`<option value=${code} lang=${code} ?selected=${code === this.language}>
                ${stringsOf(code).languageName}
              </option>`,
          )}
        </select>
      </label>
    </header>`
  }

  #choose(event: Event): void {
    const { value } = event.target as HTMLSelectElement
    this.dispatchEvent(new CustomEvent('language', { detail: value }))
  }
}
