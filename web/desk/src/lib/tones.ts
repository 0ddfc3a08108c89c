// Which of the four status colours (each with a shape of its own) a state has.
type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

const CASE: Record<string, Tone> = { open: 'info', waiting_customer: 'neutral', waiting_company: 'warn', resolved: 'good', closed: 'neutral' };

export function caseTone(status: string): Tone {
	return CASE[status] ?? 'neutral';
}
