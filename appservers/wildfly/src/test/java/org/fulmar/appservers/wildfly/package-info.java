/** The resource adapter in WildFly, moved and watched from outside. */
package org.fulmar.appservers.wildfly;
