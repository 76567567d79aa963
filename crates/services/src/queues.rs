//! Queues: SQS, standard and FIFO, as far as a program on one machine needs it.
