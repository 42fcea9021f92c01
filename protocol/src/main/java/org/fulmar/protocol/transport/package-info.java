/** The Netty transport: servers, clients and connections with requests, one-way calls and back-pressure. */
@NullMarked
package org.fulmar.protocol.transport;

import org.jspecify.annotations.NullMarked;
