import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { TownProfile } from '../desk/api-types'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'
import './town-scene'

/** What stands in an empty conversation: the greeting, and ways to begin. Dispatches `suggest`. */
@customElement('welcome-panel')
export class WelcomePanel extends LocalElement {
  static override styles = [
    basics,
    css`
      :host {
        display: grid;
        gap: clamp(1.1rem, 3cqi, 1.6rem);
      }

      .greeting {
        font-family: var(--serif);
        font-size: clamp(1.4rem, 1.1rem + 1.6cqi, 1.8rem);
        font-weight: 600;
        line-height: 1.25;
        text-wrap: balance;
      }

      .lead {
        margin-block-start: 0.5rem;
        color: var(--ink-soft);
        font-size: clamp(1.0625rem, 0.95rem + 0.5cqi, 1.1875rem);
        line-height: 1.5;
        text-wrap: pretty;
      }

      #begin {
        margin-block-end: 0.6rem;
        color: var(--ink-soft);
        font-size: 0.9375rem;
        font-weight: 600;
      }

      ul {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
        gap: 0.75rem;
      }

      button {
        inline-size: 100%;
        block-size: 100%;
        justify-content: space-between;
        padding: 0.8rem 1.1rem;
        border-color: var(--line);
        background: var(--surface);
        box-shadow: var(--shadow);
        font-weight: 500;
        text-align: start;
      }

      button:hover {
        border-color: var(--accent);
      }

      .icon {
        color: var(--accent);
      }
    `,
  ]

  @property({ attribute: false }) town!: TownProfile

  override render(): TemplateResult {
    const { town, strings } = this
    const language = town.languages[0] ?? nothing
    const [first, rest] = firstSentence(town.greeting)
    return html`<town-scene></town-scene>
      <div lang=${language}>
        <h2 class="greeting">${first}</h2>
        ${rest === '' ? nothing : html`<p class="lead">${rest}</p>`}
      </div>
      <slot></slot>
      ${
        town.suggested_questions.length === 0
          ? nothing
          : html`<section aria-labelledby="begin">
              <h2 id="begin">${strings.suggestions}</h2>
              <ul lang=${language}>
                ${town.suggested_questions.map((question) => this.#suggestion(question))}
              </ul>
            </section>`
      }`
  }

  #suggestion(question: string): TemplateResult {
    const suggest = () => this.dispatchEvent(new CustomEvent('suggest', { detail: question }))
    return html`<li>
      <button type="button" @click=${suggest}>${question}${icon('forward')}</button>
    </li>`
  }
}

function firstSentence(text: string): [string, string] {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text)
  const { segment } = first ?? { segment: text }
  return [segment.trim(), text.slice(segment.length).trim()]
}
