// What is only said to screen readers: others see it.

class Announcer {
  sentence = $state('');

  say(sentence: string): void {
    this.sentence = sentence;
  }
}

export const announcer = new Announcer();
