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
  yourOwn: 'Your own token, a new phone?',
  yourOwnLink: 'Serve yourself',
}
