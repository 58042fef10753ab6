import { html, nothing, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { TownProfile } from '../desk/api-types'
import type { Filed } from '../desk/turn'
import { icon } from './icons'
import { LocalElement } from './local-element'
import { ticket } from './record-card.styles'
import { basics } from './styles'

const COPIED_MS = 2_000
// The reference stands above, the status in the heading; the mood is the desk's own guess.
const HIDDEN = new Set(['reference', 'status', 'details', 'sentiment'])

interface Detail {
  code: string
  value: string
}

/** The receipt of a record: its number, what was understood, who sees it. Dispatches `correct`. */
@customElement('record-card')
export class RecordCard extends LocalElement {
  static override styles = [basics, ticket]

  @property({ attribute: false }) filed!: Filed
  @property({ attribute: false }) town: TownProfile | null = null
  @state() private isCopied = false

  override render(): TemplateResult {
    const { strings, filed } = this
    const kind = filed.kind === 'incident' ? strings.report : strings.feedback
    return html`<article aria-label="${kind} ${filed.reference}">
      <header>
        <h3>${kind}</h3>
        <span class="state">${icon('check')}${this.#state()}</span>
      </header>
      <div class="number">
        <span class="label">${strings.reference}</span>
        <strong>${filed.reference}</strong>
        <button
          class="plain"
          type="button"
          aria-label=${strings.copyReference(filed.reference)}
          @click=${this.#copy}
        >
          ${icon(this.isCopied ? 'check' : 'copy')}${this.isCopied ? strings.copied : strings.copy}
        </button>
        <p>${strings.keepReference}</p>
      </div>
      <section aria-label=${strings.understood}>
        <h4>${strings.understood}</h4>
        <dl>${this.#rows()}</dl>
      </section>
      <footer>
        <p>
          ${icon('eye')}<span><strong>${strings.whoSees}:</strong> ${strings.whoSeesText}</span>
        </p>
        ${
          filed.record.status === 'withdrawn'
            ? nothing
            : html`<button class="quiet" type="button" @click=${this.#correct}>
                ${icon('pen')}${strings.correctThis}
              </button>`
        }
      </footer>
      <span class="visually-hidden" role="status">${this.isCopied ? strings.copied : ''}</span>
    </article>`
  }

  #state(): string {
    if (this.filed.record.status === 'withdrawn') return this.strings.withdrawn
    return this.filed.isNew ? this.strings.filed : this.strings.changed
  }

  #rows(): TemplateResult[] {
    const { record } = this.filed
    const fields = Object.entries(record).filter(
      ([name, value]) => !HIDDEN.has(name) && value !== null && value !== '',
    )
    const details = Array.isArray(record.details) ? (record.details as Detail[]) : []
    return [
      ...fields.map(([name, value]) =>
        this.#row(this.strings.fields[name] ?? spaced(name), this.#value(name, value)),
      ),
      ...details.map(({ code, value }) => this.#row(spaced(code), value)),
    ]
  }

  #row(name: string, value: string): TemplateResult {
    return html`<div>
      <dt>${name}</dt>
      <dd dir="auto">${value}</dd>
    </div>`
  }

  #value(name: string, value: unknown): string {
    const text = String(value)
    switch (name) {
      case 'incident_type':
        return nameOf(text, this.town?.incident_types)
      case 'topic':
        return nameOf(text, this.town?.feedback_topics)
      case 'severity_level':
        return this.strings.severity(Number(text))
      case 'date_of_occurrence':
        return dayIn(this.strings.locale, text)
      case 'time_of_occurrence':
        return text.slice(0, 5)
      default:
        return this.strings.values[text] ?? text
    }
  }

  async #copy(): Promise<void> {
    await navigator.clipboard.writeText(this.filed.reference)
    this.isCopied = true
    setTimeout(() => {
      this.isCopied = false
    }, COPIED_MS)
  }

  #correct(): void {
    const detail = this.strings.correction(this.filed.reference)
    this.dispatchEvent(new CustomEvent('correct', { detail, bubbles: true, composed: true }))
  }
}

function nameOf(code: string, names: TownProfile['incident_types'] = []): string {
  return names.find((each) => each.code === code)?.name ?? spaced(code)
}

// A day has no zone: read and written in the same one, it stays the day that was said.
function dayIn(locale: string, day: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
  const moment = Date.parse(`${day}T00:00Z`)
  return Number.isNaN(moment) ? day : format.format(moment)
}

// "licence_plate" as people write it, for codes that the page has no words for.
function spaced(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
