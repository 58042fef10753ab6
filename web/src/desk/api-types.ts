import type { components } from './api'

// The names of the server's bodies, as docs/openapi.json has them.
type Schemas = components['schemas']

export type Problem = Schemas['Problem']
export type SessionSummary = Schemas['SessionSummary']
export type SessionList = Schemas['SessionList']
export type SessionDetails = Schemas['SessionDetails']
export type SessionCreated = Schemas['SessionCreated']
export type Transcript = Schemas['Transcript']
export type TranscriptMessage = Schemas['TranscriptMessage']
export type TownProfile = Schemas['TownProfile']
export type Rating = Schemas['TurnRated']['rating'] & string
export type Source = Schemas['Source']

// The generator takes the discriminator's value from the schema's name; on the wire it is this one.
type Event<Name extends keyof Schemas, Type extends string> = Omit<Schemas[Name], 'type'> & {
  type: Type
}

export type Activity = Event<'Activity', 'activity'>
export type Notice = Event<'Notice', 'notice'>
export type RecordFiled = Event<'RecordFiled', 'record.filed'>
export type RecordUpdated = Event<'RecordUpdated', 'record.updated'>

/** Every word that a turn can say. */
export type TurnEvent =
  | Event<'TurnStarted', 'turn.started'>
  | Event<'TextDelta', 'text.delta'>
  | Activity
  | RecordFiled
  | RecordUpdated
  | Event<'Sources', 'sources'>
  | Notice
  | Event<'TurnRestarted', 'turn.restarted'>
  | Event<'TurnCompleted', 'turn.completed'>
  | Event<'TurnCancelled', 'turn.cancelled'>
  | Event<'TurnInterrupted', 'turn.interrupted'>
  | Event<'TurnFailed', 'turn.failed'>

/** An event with its id, `<attempt>.<seq>`. */
export interface Told {
  id: string
  event: TurnEvent
}
