package org.fulmar.jms.message;

/**
 * How the bodies of received messages are read. Immutable.
 *
 * @param objects what an ObjectMessage may hold
 * @param nativeText whether the body of a native RocketMQ message is a text if it is UTF-8; else it is bytes
 */
public record Reading(DeserializationPolicy objects, boolean nativeText) {}
