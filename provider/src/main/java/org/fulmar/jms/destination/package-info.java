/**
 * Queues, topics and their temporary forms: immutable names that an application may share between threads, and their
 * text form on the wire. Nothing here talks to a broker.
 */
@NullMarked
package org.fulmar.jms.destination;

import org.jspecify.annotations.NullMarked;
