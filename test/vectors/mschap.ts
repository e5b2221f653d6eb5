/** The examples of RFC 2759 §9.2 and RFC 3079 §3.5.3, octet by octet. */
export const MSCHAP2 = {
  userName: 'User',
  password: 'clientPass',
  authenticatorChallenge: hex('5b5d7c7d7b3f2f3e3c2c602132262628'),
  peerChallenge: hex('21402324255e262a28295f2b3a337c7e'),
  challenge: hex('d02e4386bce91226'),
  passwordHash: hex('44ebba8d5312b8d611474411f56989ae'),
  ntResponse: hex('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df'),
  passwordHashHash: hex('41c00c584bd2d91c4017a2a12fa59f3f'),
  authenticatorResponse: 'S=407A5589115FD0D6209F510FE9C04566932CDA56',
  masterKey: hex('fdece3717a8c838cb388e527ae3cdd31'),
  sendStartKey128: hex('8b7cdc149b993a1ba118cb153f56dccb'),
}

/** RFC 2433 §B.2 has its example with this challenge and password. */
export const MSCHAP1 = {
  password: 'MyPw',
  challenge: hex('102db5df085d3041'),
  passwordHash: hex('fc156af7edcd6c0edde3337d427f4eac'),
  ntResponse: hex('4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61'),
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
