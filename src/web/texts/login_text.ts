/** Words of the login of administrators. */
export const loginText = {
  title: 'Log in',
  heading: 'Sallyport',
  user: 'User',
  password: 'Password',
  otp: 'OTP',
  otpHint: 'What your token shows now, without a PIN',
  logIn: 'Log in',
  over: 'Your session has ended. Log in again to go on.',
  noCookie:
    'The login is right, but the browser has not kept its cookie: allow cookies, and use the address of the console with https.',
  stillIn: (why: string) => `You are still logged in: ${why}. Try again, or close the browser.`,
  yourOwn: 'Your own token, a new phone?',
  yourOwnLink: 'Serve yourself',
}
