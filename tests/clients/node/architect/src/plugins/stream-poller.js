// The calls that people's stream plug-ins for the sandbox make: DescribeTable, DescribeStream,
// GetShardIterator at LATEST, then GetRecords in a loop, each page given to the function. (The plug-in of the walkthrough
// itself is no longer in the registry.)
const { DynamoDB } = require('@aws-sdk/client-dynamodb')
const { DynamoDBStreams } = require('@aws-sdk/client-dynamodb-streams')

const config = {
  endpoint: `http://localhost:${process.env.ARC_TABLES_PORT}`,
  region: 'ddblocal',
  credentials: { accessKeyId: 'xxx', secretAccessKey: 'xxx' },
}
let stopped = false

async function poll(invoke) {
  const tables = new DynamoDB(config)
  const streams = new DynamoDBStreams(config)
  const { Table } = await tables.describeTable({ TableName: 'walkthrough-staging-notes' })
  const { StreamDescription } = await streams.describeStream({ StreamArn: Table.LatestStreamArn })
  for (const { ShardId } of StreamDescription.Shards) {
    let { ShardIterator } = await streams.getShardIterator({
      StreamArn: Table.LatestStreamArn, ShardId, ShardIteratorType: 'LATEST',
    })
    const turn = async () => {
      if (stopped || !ShardIterator) return
      const page = await streams.getRecords({ ShardIterator })
      if (page.Records.length) {
        await invoke({ pragma: 'tables-streams', name: 'notes', payload: { Records: page.Records, NextShardIterator: page.NextShardIterator } })
      }
      ShardIterator = page.NextShardIterator
      setTimeout(turn, 50)
    }
    await turn()
  }
}

module.exports = {
  sandbox: {
    start: async ({ invoke }) => poll(invoke),
    end: async () => { stopped = true },
  },
}
