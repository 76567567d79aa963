@app
walkthrough

@aws
region ddblocal

@http
get /

@tables
notes
  pk *String
  sk **String

@tables-streams
notes

@plugins
stream-poller
