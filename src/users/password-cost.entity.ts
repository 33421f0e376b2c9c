import { Entity, PrimaryColumn } from 'typeorm';

/** A bcrypt cost under which passwords in the store may be hashed. */
@Entity('password_costs')
export class PasswordCost {
  @PrimaryColumn({ type: 'integer' })
  cost!: number;
}
