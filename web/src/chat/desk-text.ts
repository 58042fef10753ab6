import { css, html, LitElement, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { markdownNodes } from './markdown'
import { basics } from './styles'

/** What the desk wrote. */
@customElement('desk-text')
export class DeskText extends LitElement {
  static override styles = [
    basics,
    css`
      :host {
        display: block;
        overflow-wrap: anywhere;
      }

      * + :is(p, ul, ol, pre, blockquote, table, h1, h2, h3, h4, h5, h6) {
        margin-block-start: 0.75em;
      }

      ul,
      ol {
        padding-inline-start: 1.4em;
        list-style: disc;
      }

      ol {
        list-style: decimal;
      }

      li + li {
        margin-block-start: 0.25em;
      }

      :is(h1, h2, h3, h4, h5, h6) {
        font-family: var(--serif);
        font-size: 1.1em;
      }

      pre,
      table {
        max-inline-size: 100%;
        overflow-x: auto;
      }

      code {
        font-family: var(--mono);
        font-size: 0.92em;
      }

      th,
      td {
        padding: 0.25em 0.75em 0.25em 0;
        text-align: start;
        vertical-align: top;
      }

      blockquote {
        margin-inline: 0;
        padding-inline-start: 1em;
        border-inline-start: 3px solid var(--accent-line);
      }
    `,
  ]

  @property() text = ''

  override render(): TemplateResult {
    return html`${markdownNodes(this.text)}`
  }
}
