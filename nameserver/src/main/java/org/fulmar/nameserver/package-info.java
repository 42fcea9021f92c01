/** The name server, which keeps the routes from topics to brokers. */
@NullMarked
package org.fulmar.nameserver;

import org.jspecify.annotations.NullMarked;
