/** What was asked for could not be made, in words for who asked. */
export class NotMade extends Error {}
