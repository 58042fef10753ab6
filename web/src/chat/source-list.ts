import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { Source } from '../desk/api-types'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** The pages of the town that an answer rests on; those with an address are links. */
@customElement('source-list')
export class SourceList extends LocalElement {
  static override styles = [
    basics,
    css`
      h3 {
        margin-block-end: 0.4rem;
        color: var(--ink-soft);
        font-size: 0.875rem;
        font-weight: 600;
      }

      ul {
        display: grid;
        gap: 0.5rem;
      }

      li {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.125rem 0.6rem;
        padding: 0.6rem 0.8rem;
        border: 1px solid var(--line);
        border-radius: calc(var(--radius) - 4px);
        background: var(--surface);
        overflow-wrap: anywhere;
      }

      .icon {
        color: var(--accent);
        margin-block-start: 0.15em;
      }

      .title {
        font-weight: 600;
      }

      .quote {
        display: -webkit-box;
        grid-column: 2;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        color: var(--ink-soft);
        font-size: 0.9375rem;
      }
    `,
  ]

  @property({ attribute: false }) sources: readonly Source[] = []

  override render(): TemplateResult {
    return html`<h3>${this.strings.sources}</h3>
      <ul>
        ${this.sources.map((source) => this.#item(source))}
      </ul>`
  }

  #item({ title, url, quote }: Source): TemplateResult {
    const isLink = /^https?:\/\//i.test(url)
    return html`<li>
      ${icon('page')}
      ${
        isLink
          ? html`<a class="title" href=${url} target="_blank" rel="noopener noreferrer"
              >${title}</a
            >`
          : html`<span class="title">${title}</span>`
      }
      ${quote === '' ? nothing : html`<span class="quote" dir="auto">${quote}</span>`}
    </li>`
  }
}
