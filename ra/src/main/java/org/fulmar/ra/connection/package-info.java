/** Connections to brokers, which endpoints and managed connections share. */
@NullMarked
package org.fulmar.ra.connection;

import org.jspecify.annotations.NullMarked;
