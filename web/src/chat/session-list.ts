import { css, html, nothing, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { SessionSummary } from '../desk/api-types'
import './confirm-dialog'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { basics } from './styles'

/** The resident's conversations. Dispatches `new`, `more`, and `choose` and `remove` with an id. */
@customElement('session-list')
export class SessionList extends LocalElement {
  static override styles = [
    basics,
    css`
      :host {
        display: grid;
        grid-template-rows: auto auto minmax(0, 1fr);
        gap: 0.75rem;
        min-block-size: 0;
      }

      h2 {
        font-family: var(--serif);
        font-size: 1.125rem;
      }

      ul {
        display: grid;
        align-content: start;
        gap: 0.25rem;
        min-block-size: 0;
        margin-inline: -0.5rem;
        padding: 0.25rem 0.5rem;
        overflow-y: auto;
      }

      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        border-radius: calc(var(--radius) - 4px);
      }

      li:hover,
      li.current {
        background: var(--accent-soft);
      }

      .session {
        display: grid;
        justify-items: start;
        gap: 0;
        padding: 0.5rem 0.75rem;
        font-weight: 450;
        text-align: start;
      }

      .current .session {
        font-weight: 650;
      }

      .title {
        max-inline-size: 100%;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .new .icon {
        color: var(--accent);
      }

      time,
      p {
        color: var(--ink-soft);
        font-size: 0.875rem;
        font-weight: 400;
      }

      .remove {
        color: var(--ink-soft);
      }

      .remove:hover {
        color: var(--alarm);
      }
    `,
  ]

  @property({ attribute: false }) sessions: readonly SessionSummary[] = []
  @property({ attribute: false }) current: string | null = null
  @property({ type: Boolean }) hasMore = false
  @state() private removing: SessionSummary | null = null

  override render(): TemplateResult {
    const { strings, removing } = this
    return html`<h2>${strings.conversations}</h2>
      <button
        class="plain new"
        type="button"
        @click=${() => {
          this.#say('new')
        }}
      >
        ${icon('plus')}${strings.newConversation}
      </button>
      ${
        this.sessions.length === 0
          ? html`<p>${strings.noConversations}</p>`
          : html`<ul>
              ${this.sessions.map((session) => this.#item(session))}
              ${
                this.hasMore
                  ? html`<li>
                      <button
                        class="quiet"
                        type="button"
                        @click=${() => {
                          this.#say('more')
                        }}
                      >
                        ${strings.moreConversations}
                      </button>
                    </li>`
                  : nothing
              }
            </ul>`
      }
      ${
        removing === null
          ? nothing
          : html`<confirm-dialog
              .strings=${strings}
              .what=${removing.title}
              @confirm=${() => {
                this.#remove(removing)
              }}
              @dismiss=${() => {
                this.removing = null
              }}
            ></confirm-dialog>`
      }`
  }

  #item(session: SessionSummary): TemplateResult {
    const isCurrent = session.session_id === this.current
    return html`<li class=${isCurrent ? 'current' : ''}>
      <button
        class="session"
        type="button"
        aria-current=${isCurrent ? 'true' : nothing}
        @click=${() => {
          this.#say('choose', session.session_id)
        }}
      >
        <span class="title" dir="auto">${session.title}</span>
        <time datetime=${session.last_active}>${this.#when(session.last_active)}</time>
      </button>
      <button
        class="remove round"
        type="button"
        aria-label=${this.strings.deleteConversation(session.title)}
        @click=${() => {
          this.removing = session
        }}
      >
        ${icon('trash')}
      </button>
    </li>`
  }

  #when(moment: string): string {
    const format = new Intl.DateTimeFormat(this.strings.locale, {
      month: 'short',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    return format.format(new Date(moment))
  }

  #remove(session: SessionSummary): void {
    this.removing = null
    this.#say('remove', session.session_id)
  }

  #say(what: string, sessionId?: string): void {
    this.dispatchEvent(new CustomEvent(what, { detail: sessionId }))
  }
}
