/** Producers over the client's core: sends of every kind, transactions, requests and replies. */
@NullMarked
package org.fulmar.client.producer;

import org.jspecify.annotations.NullMarked;
