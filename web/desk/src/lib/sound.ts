// The ring of an offer: two soft tones, made here so that no file has to be loaded. Off unless switched on.

let context: AudioContext | null = null;

function tone(audio: AudioContext, hertz: number, from: number): void {
	const oscillator = audio.createOscillator();
	const gain = audio.createGain();
	oscillator.type = 'sine';
	oscillator.frequency.value = hertz;
	gain.gain.setValueAtTime(0, from);
	gain.gain.linearRampToValueAtTime(0.08, from + 0.03);
	gain.gain.exponentialRampToValueAtTime(0.0001, from + 0.5);
	oscillator.connect(gain).connect(audio.destination);
	oscillator.start(from);
	oscillator.stop(from + 0.55);
}

/** Browsers may refuse sound before the first press; then the title and the screen have to do. */
export function ring(): void {
	try {
		context ??= new AudioContext();
		void context.resume().catch(() => {});
		tone(context, 659, context.currentTime + 0.02);
		tone(context, 880, context.currentTime + 0.2);
	} catch {
		context = null;
	}
}
