// Prints what it was called with, for the test to read: the sandbox gives its functions no environment of ours.
export async function handler(event) {
  console.log(`seen ${JSON.stringify(event)}`)
}
