// The public face of mail: how a module writes to people, and what sends it.

export { devMailRoutes, isForDevelopment, type MailPreview } from './dev-routes.ts'
export { type Block, composeMail, type Letter } from './layout.ts'
export { type Attachment, type AttachmentRef, isMailAddress, type MailText, type NewMail } from './mail.ts'
export { queueMail } from './queue.ts'
export { createMailWorkers, type MailDeps, type MakeAttachment, sendDue } from './send.ts'
export { deleteMailTo, listMailAbout, listMailTo, type MailRow } from './store.ts'
export { createFolderTransport, createSmtpTransport, type MailTransport, type OutgoingMail } from './transport.ts'
