/** Words of the explanation of a login. */
export const explainText = {
  title: 'Why it was answered so',
  notANumber: 'There is no such login',
  facts: { at: 'When', user: 'User', from: 'From', node: 'Node', tokens: 'Tokens' },
  checks: 'What was checked, in this order',
  outcomes: { passed: 'passed', failed: 'failed', open: 'not decided here' },
  dialogue: 'The challenges that it answers',
  now: 'How it is now',
  advice: 'What helps',
  toUser: (user: string) => `Mend it on the page of ${user}`,
  copyCommand: 'Copy the command',
}
