// Adds what changed in a batch of orders to the totals of their products, all in one transaction.
//
// A batch may come twice: when the function was too slow to answer, or its machine went away. The transaction has a token
// made of the records' ids, so that the second time changes nothing.
import { createHash } from 'node:crypto'
import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'

const dynamodb = new DynamoDBClient()

export async function handler(event) {
  const changes = new Map()
  for (const { dynamodb: change } of event.Records) {
    // An order that was changed or deleted is taken off first.
    add(changes, change.OldImage, -1)
    add(changes, change.NewImage, 1)
  }
  const products = [...changes].filter(([, sums]) => sums.orders || sums.quantity || sums.cents)
  if (products.length === 0) return
  const ids = event.Records.map((record) => record.eventID).join()
  const token = createHash('sha256').update(ids).digest('hex').slice(0, 36)
  const TransactItems = products.map(([product, sums]) => ({ Update: update(product, sums) }))
  await dynamodb.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: token }))
}

function add(changes, order, sign) {
  if (!order) return
  const { product, quantity, cents } = order
  if (!product?.S || !quantity?.N || !cents?.N) throw new Error(`order ${order.id.S} has no product, quantity or price`)
  const sums = changes.get(product.S) ?? { orders: 0, quantity: 0, cents: 0 }
  sums.orders += sign
  sums.quantity += sign * Number(quantity.N)
  sums.cents += sign * Number(quantity.N) * Number(cents.N)
  changes.set(product.S, sums)
}

function update(product, sums) {
  return {
    TableName: process.env.TOTALS,
    Key: { product: { S: product } },
    // "total" is a reserved word.
    UpdateExpression: 'ADD orders :orders, quantity :quantity, #total :cents',
    ExpressionAttributeNames: { '#total': 'total' },
    ExpressionAttributeValues: {
      ':orders': { N: String(sums.orders) },
      ':quantity': { N: String(sums.quantity) },
      ':cents': { N: String(sums.cents) },
    },
  }
}
