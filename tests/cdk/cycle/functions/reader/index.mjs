export const handler = async () => 'first'
