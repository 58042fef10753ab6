import { LitElement } from 'lit'
import { property } from 'lit/decorators.js'
import { en } from '../strings/en'
import type { Strings } from '../strings/strings'

/** An element with words of its own, in the language of the page. */
export class LocalElement extends LitElement {
  @property({ attribute: false }) strings: Strings = en
}
