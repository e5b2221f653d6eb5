/** What helps against requests that are no login: nothing but the administrator's hand will change what comes next. */
export const REMEDIES: Readonly<Record<string, string>> = {
  'likely-wrong-secret': 'the shared secret is probably not the same on both sides',
  'unsupported-credential':
    'set the device to PAP; or for EAP: sallyport eap init and a reload, and no eap = false for this client',
  'mschap-not-allowed': 'set the device to PAP; where that cannot be, mschap = true for this client',
}
