package secret

// noFollow is unknown here, where users cannot make links in each other's folders.
const noFollow = 0
