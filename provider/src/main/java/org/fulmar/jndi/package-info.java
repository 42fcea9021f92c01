/**
 * JNDI without a server: a read-only naming context that is configured by properties, and the objects that other naming
 * services have stored. Nothing here goes out to the network.
 */
@NullMarked
package org.fulmar.jndi;

import org.jspecify.annotations.NullMarked;
