// The one door to the generated types. `Event` and `File` are browser words too, so they get other names here.
export type {
	Actor,
	Agent,
	Article,
	ArticleList,
	ArticleRead,
	ArticleRow,
	Board,
	BoardQueue,
	Canned,
	CaseRow,
	ChannelOffer,
	Context,
	Desk,
	Event as TypedEvent,
	Feedback,
	FeedbackGive,
	File as StoredFile,
	InteractionRow,
	Item,
	OfferList,
	OpenNow,
	Operations,
	OperationName,
	Params,
	Problem,
	Result,
	CommandName,
	CaseStatus,
	Outcome,
	Presence,
	Reason,
	Role,
	Channel,
	Json,
	Person,
	Queue,
	Session,
	Start,
	Started,
	StuffPage,
	StuffRow,
	Timeline,
	Topic,
	TriedArticle,
	WrapUp,
} from './gen/api';
export { apiBase, limits, operations } from './gen/api';

import type { Actor, Case as GeneratedCase, ServerFrame as GeneratedFrame, Json } from './gen/api';

/** An event as a fold reads it: facts looked up by name, so a kind we do not know yet is no trouble. */
export interface StreamEvent {
	stream: string;
	id: string;
	seq: number;
	kind: string;
	at: string;
	actor: Actor;
	facts: Json;
	mine: boolean;
}
export type ServerFrame = Exclude<GeneratedFrame, { type: 'event' }> | { type: 'event'; topic: string; event: StreamEvent };
export type CaseDetail = Omit<GeneratedCase, 'events'> & { events: StreamEvent[] };
