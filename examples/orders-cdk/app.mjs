import { App } from 'aws-cdk-lib'
import { OrdersStack } from './orders-stack.mjs'

new OrdersStack(new App(), 'OrdersStack')
